"""What the pages ask, and compute of the answers: a typed function per question, one module per page."""
