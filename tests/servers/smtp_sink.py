"""An SMTP sink as a process of its own: `python smtp_sink.py LOG [--delay S] [--stall STAGE N]`; prints its port.

After each final dot it appends "<Message-ID> recipient" to LOG and only then answers 250: what is
in the log was received, whatever happens to the client. With --stall it says "stalled" and nothing
more on a connection that comes to that stage with the Nth message or a later one:

    rcpt     before the envelope is answered
    data     after 354, without reading the body
    dot      after the final dot, which is in the log but not answered
    next     after the 250, before the next envelope is answered
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys

_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: *(\S+)\r$")


class Sink:
    def __init__(self, log: str, delay: float, stage: str, number: int) -> None:
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.delay = delay
        self.stage = stage
        self.left = number

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
                self.left -= 1
                await self._stall("rcpt", reader)
                if self.stage == "next" and self.left < 0:
                    await self._stall("next", reader)
                writer.write(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                if self.stage == "data" and self.left <= 0:
                    writer.transport.pause_reading()  # type: ignore[attr-defined]
                    await self._stall("data", None)
                await self._data(reader, recipient)
                await self._stall("dot", reader)
                await asyncio.sleep(self.delay)
                writer.write(b"250 2.0.0 queued\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            else:
                writer.write(b"250 2.0.0 ok\r\n")

    async def _data(self, reader: asyncio.StreamReader, recipient: bytes) -> None:
        message = await reader.readuntil(b"\r\n.\r\n")
        found = _MESSAGE_ID.search(message)
        os.write(self.log, b"%s %s\n" % (found[1] if found else b"-", recipient))

    async def _stall(self, stage: str, reader: asyncio.StreamReader | None) -> None:
        if stage != self.stage or self.left > 0:
            return
        print("stalled", flush=True)
        if reader is None:
            await asyncio.sleep(3600)
        while reader and await reader.read(65536):  # until the client is gone
            pass
        raise ConnectionError


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--stall", nargs=2, default=("", "0"), metavar=("STAGE", "N"))
    options = parser.parse_args()
    sink = Sink(options.log, options.delay, options.stall[0], int(options.stall[1]))
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 24)
    print(server.sockets[0].getsockname()[1])
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
