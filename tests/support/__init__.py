"""What the end-to-end tests share. Standard library, pytest and PyYAML only: all of it is in Debian 12."""
