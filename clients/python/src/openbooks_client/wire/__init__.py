"""The messages of ingest/proto, made by `generate.sh`."""
