"""The ASGI app: routes, login, headers."""
