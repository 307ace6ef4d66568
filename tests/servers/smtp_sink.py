"""An SMTP sink as a process of its own: `python smtp_sink.py LOG [--delay S]`; prints its port.

After each final dot it appends "<Message-ID> recipient" to LOG and only then answers 250: what is
in the log was received, whatever happens to the client.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys

_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: *(\S+)\r$")


class Sink:
    def __init__(self, log: str, delay: float) -> None:
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.delay = delay

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink ESMTP\r\n")
        recipient = b""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT":
                recipient = line[line.index(b"<") + 1 : line.index(b">")]
                writer.write(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                message = await reader.readuntil(b"\r\n.\r\n")
                found = _MESSAGE_ID.search(message)
                os.write(self.log, b"%s %s\n" % (found[1] if found else b"-", recipient))
                await asyncio.sleep(self.delay)
                writer.write(b"250 2.0.0 queued\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            else:
                writer.write(b"250 2.0.0 ok\r\n")


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    sink = Sink(options.log, options.delay)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 24)
    print(server.sockets[0].getsockname()[1])
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
