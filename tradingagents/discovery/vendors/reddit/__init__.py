"""Reddit: client, praw without its sleeps and retries, and error translation."""
