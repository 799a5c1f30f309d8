"""Nova's API, v2.1 with microversions, over ``logic.compute`` and its neighbours.

``urls`` lists the routes with the role and the versions each needs (``gates``); ``versions`` says which microversion
changed what; ``requests`` reads bodies and query strings, ``views`` call one function of ``logic`` and ``render`` turns
what it gives into Nova's JSON. What Nova has and this cloud has not is refused with a fault, never made up.
"""
