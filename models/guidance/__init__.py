"""What leads a denoiser elsewhere than where it goes by itself, one way a file."""
