"""The native protocol as programs may meet it in Python: notation, and protocol handlers. The engine has its own."""
