"""From what a handler returned to the text of an answer."""

import json

HTTP_KEYS = {"statusCode", "headers", "body", "isBase64Encoded", "multiValueHeaders", "cookies", "statusDescription"}


class InvalidResult(Exception):
    """What a function returned that cannot be an answer."""


def to_result(value):
    """Returns JSON text as bytes, and whether it is an HTTP answer."""
    if isinstance(value, dict) and "statusCode" in value and HTTP_KEYS.issuperset(value):
        return _to_json(_http_response(value)), True
    return _to_json(value), False


def _to_json(value):
    try:
        # JSON has no NaN and no infinities; what Node writes for them is null, Python's default is no JSON at all.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidResult(f"The result cannot be written as JSON: {error}") from None


def _http_response(value):
    status = value["statusCode"]
    if type(status) is not int or not 200 <= status <= 599:
        raise InvalidResult(f"statusCode is {status!r}; it takes a whole number from 200 to 599")
    headers = {}
    for key in ("headers", "multiValueHeaders"):
        given = value.get(key) or {}
        if not isinstance(given, dict):
            raise InvalidResult(f"{key} is no dict")
        headers.update(given)
    if "cookies" in value:
        headers["set-cookie"] = value["cookies"]
    body, encoded = _http_body(value.get("body"), value.get("isBase64Encoded"))
    return {
        "statusCode": status,
        "headers": {_check_name(name): _check_value(name, one) for name, one in headers.items() if one is not None},
        "body": body,
        "isBase64Encoded": encoded,
    }


def _http_body(body, is_base64_encoded):
    if body is None:
        return "", False
    if isinstance(body, str):
        return body, is_base64_encoded is True
    if isinstance(body, (bytes, bytearray)):
        import base64

        return base64.b64encode(body).decode(), True
    raise InvalidResult(f"body is of type {type(body).__name__}; it takes a str (json.dumps it) or bytes")


def _check_name(name):
    import re

    if isinstance(name, str) and re.fullmatch(r"[!#$%&'*+.^`|~\w-]+", name, re.ASCII):
        return name.lower()
    raise InvalidResult(f"{name!r} is no header name")


def _check_value(name, value):
    import re

    if isinstance(value, (list, tuple)):
        return [_check_value(name, one) for one in value]
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if isinstance(value, (str, int, float)) and re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", text):
        return text
    raise InvalidResult(f"the header {name} has a value that HTTP cannot carry")
