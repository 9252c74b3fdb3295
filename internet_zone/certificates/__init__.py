"""Electronic certificates: the owner downloads them, anybody verifies them."""
