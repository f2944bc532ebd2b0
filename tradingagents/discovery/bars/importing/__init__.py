"""Read files of daily bars and store them."""
