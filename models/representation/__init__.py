"""What learning a representation needs: views of latents and of pixels, losses, probes."""
