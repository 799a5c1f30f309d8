"""What was answered to requests that carry a key of the client's, so that one that is sent again is not done again."""
