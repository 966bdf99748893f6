"""The image without a container engine: its steps carried out in a clean root, and run there."""
