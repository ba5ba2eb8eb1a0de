"""Encryption of single columns by the client."""
