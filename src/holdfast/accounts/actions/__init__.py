"""What people do in the book of work, one function a verb."""
