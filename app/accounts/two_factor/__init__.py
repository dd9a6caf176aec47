"""The second factor: authenticator apps (TOTP), passkeys (WebAuthn), and recovery codes."""
