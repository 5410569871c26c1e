"""Chapter 12: reading the published vectors with the implementation in ../quipu."""
