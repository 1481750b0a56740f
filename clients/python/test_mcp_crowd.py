"""Fifty clients do whole jobs at once, at each door and in each era; the times are printed.

Over stdio each client has a server process of its own, and all of them share one data directory.
"""

import asyncio
import time
import unittest

from mcp_doors import DOORS, call, connected, finished, page
from served import Served

CLIENTS = 50


class CrowdTest(unittest.IsolatedAsyncioTestCase):
    async def test_fifty_clients_at_once(self):
        served = Served()
        self.addCleanup(served.close)
        for transport, era in DOORS:

            async def job(number):
                async with connected(served, transport, era) as client:
                    await client.list_tools()
                    if number % 2:
                        started = await call(client, "createTaskGroup", inputs="product\nOtter 3", output="launched")
                        fact = "2019"
                    else:
                        started = await call(client, "createDeepResearch", input="When was the Heron 5 launched?", processor="lite")
                        fact = "2021"
                    await finished(client, started["id"])
                    self.assertIn(fact, await page(client, taskRunOrGroupId=started["id"]))

            began = time.monotonic()
            await asyncio.gather(*[job(number) for number in range(CLIENTS)])
            took = time.monotonic() - began
            print(f"\n{CLIENTS} MCP clients at once over {transport}, {era}: every job done in {took:.1f} s", flush=True)


if __name__ == "__main__":
    unittest.main()
