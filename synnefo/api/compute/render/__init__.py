"""What ``logic`` gives as Nova's JSON: pure functions of frozen structs and a frame. Called by ``views`` only."""
