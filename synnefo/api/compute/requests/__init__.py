"""What clients send, read strictly: bodies as structs, query strings as filters. Called by ``views`` only.

Fields that came with a later microversion are refused below it, in words that name the version.
"""
