"""Claims on images: real files, which `models` never reads."""
