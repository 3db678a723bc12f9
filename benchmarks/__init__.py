"""Commands that print the README's figures."""
