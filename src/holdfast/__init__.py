"""Customer success for e-commerce, on your own machine."""
