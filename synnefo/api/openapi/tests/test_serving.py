"""The documents are there for everybody, and need not be fetched twice."""


def test_a_document_needs_no_token_and_is_fetched_once(api):
    first = api.get("/volume/openapi.json")
    assert (first.status, first.json["openapi"]) == (200, "3.1.0")
    again = api.get("/volume/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_it_tells_how_refusals_look(api):
    told = {name: api.get(f"/{name}/openapi.json").json["components"]["responses"] for name in ("image", "volume")}
    assert list(told["image"]["NotFound"]["content"]) == ["text/html"]
    assert list(told["image"]["Unauthorized"]["content"]["application/json"]["schema"]["properties"]) == ["error"]
    assert list(told["volume"]["NotFound"]["content"]["application/json"]["schema"]["properties"]) == ["itemNotFound"]
