"""A real mail server in a process of its own, that writes what it took to disk: python mail_server.py FOLDER

It prints its port. Addresses that begin with "gone" do not exist; "busy" may come back; "later" is refused at DATA.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


class OnDisk:
    """Every message is a file, on disk before the server says that it has it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._taken = folder, 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("gone"):
            return "550 5.1.1 no such box"
        if address.startswith("busy"):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos[0].startswith("long"):
            return "552 5.3.4 too long"
        self._taken += 1
        path = self._folder / f"{self._taken:06d}.eml"
        with path.open("wb") as file:
            file.write(envelope.content)
            file.flush()
            os.fsync(file.fileno())
        return "250 OK"


async def main() -> None:
    handler = OnDisk(Path(sys.argv[1]))
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
