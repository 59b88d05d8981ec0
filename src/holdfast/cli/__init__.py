"""The terminal's way in: thin commands over what the layers below already say."""
