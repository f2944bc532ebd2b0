"""Listed companies: names, symbols, and how each vendor spells them."""
