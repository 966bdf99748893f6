"""What publishes submissions: the publisher that every channel shares, and the mailbox."""
