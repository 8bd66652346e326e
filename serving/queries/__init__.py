"""Questions of the pages to gold: one module per page, a typed function per question."""
