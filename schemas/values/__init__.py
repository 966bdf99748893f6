"""What a value may be, and how it is checked, looked up and written back."""
