"""An e-invoice as the answer to a download."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response


def xml_response(content: bytes, filename: str) -> Response:
    """To be saved under the name, which may have any characters."""
    headers = {
        "Cache-Control": "private",
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(filename, safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="application/xml", headers=headers)
