"""What a person can want, by concern; `studio.app.actions` puts them together."""
