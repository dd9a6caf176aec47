"""The second step of signing in: a passkey, an authenticator's code, or a recovery code."""
