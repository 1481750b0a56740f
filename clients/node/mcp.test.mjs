// The official TypeScript MCP SDKs against the built server: version 2 speaks the newer era, version 1 the older one.
// TASK_MCP_URL is the server's address, TASK_MCP_PIPE how `task-mcp mcp` is started, as JSON.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client as Modern, StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as Legacy } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

const MCP = new URL('/mcp', process.env.TASK_MCP_URL);
const PIPE = { ...JSON.parse(process.env.TASK_MCP_PIPE), stderr: 'ignore' };
const UPDATED = 'notifications/resources/updated';
const NAME = { name: 'test', version: '1' };
const PIN = { versionNegotiation: { mode: { pin: '2026-07-28' } } };

const DOORS = {
  'HTTP, newer era': { era: 'modern', client: () => new Modern(NAME, PIN), transport: () => new ModernHttp(MCP) },
  'HTTP, era found out': {
    era: 'modern', client: () => new Modern(NAME, { versionNegotiation: { mode: 'auto' } }), transport: () => new ModernHttp(MCP),
  },
  'stdio, newer era': { era: 'modern', client: () => new Modern(NAME, PIN), transport: () => new ModernStdio(PIPE) },
  'stdio, era found out': {
    era: 'modern', client: () => new Modern(NAME, { versionNegotiation: { mode: 'auto' } }), transport: () => new ModernStdio(PIPE),
  },
  'HTTP, version 2 in the older era': { era: 'legacy', client: () => new Modern(NAME), transport: () => new ModernHttp(MCP) },
  'HTTP, version 1': { era: 'legacy', client: () => new Legacy(NAME), transport: () => new LegacyHttp(MCP) },
  'stdio, version 1': { era: 'legacy', client: () => new Legacy(NAME), transport: () => new LegacyStdio(PIPE) },
};

// A call as each version has it.
function call(client, name, args, options) {
  return client instanceof Legacy
    ? client.callTool({ name, arguments: args }, undefined, options)
    : client.callTool({ name, arguments: args }, options);
}

async function data(client, name, args, options) {
  const result = await call(client, name, args, options);
  assert.ok(!result.isError, result.content[0].text);
  assert.deepEqual(result.structuredContent, JSON.parse(result.content[0].text));
  return result.structuredContent;
}

async function finished(client, id) {
  for (;;) {
    const status = await data(client, 'getStatus', { taskRunOrGroupId: id, wait_seconds: 50 }, { timeout: 60_000 });
    if (!status.is_active) return status;
  }
}

for (const [name, door] of Object.entries(DOORS)) {
  test(`${name}: a report and a table`, async () => {
    const client = door.client();
    await client.connect(door.transport());
    try {
      assert.equal((await client.listTools()).tools.length, 6);
      const report = await data(client, 'createDeepResearch', { input: 'What does the Otter 3 turbine cost?' });
      const table = await data(client, 'createTaskGroup', { inputs: [{ product: 'Heron 5' }], output: 'launched: year it was launched' });
      assert.equal((await finished(client, report.id)).status, 'completed');
      await finished(client, table.id);
      const page = await call(client, 'getResultMarkdown', { taskRunOrGroupId: report.id });
      assert.ok(page.content[0].text.includes('48,000 crowns'), page.content[0].text);
      const rows = await call(client, 'getResultMarkdown', { taskRunOrGroupId: table.id, basis: 'index:0' });
      assert.ok(rows.content[0].text.includes('launched in 2021'), rows.content[0].text);
      const wrong = await call(client, 'getStatus', { taskRunOrGroupId: 'trun_1' });
      assert.ok(wrong.isError && wrong.content[0].text.includes(table.id));
      assert.equal((await client.listPrompts()).prompts.length, 4);
    } finally {
      await client.close();
    }
  });

  test(`${name}: told when a result is there`, async () => {
    const client = door.client();
    const told = new Promise((resolve) => {
      const heard = (notification) => resolve(notification.params.uri);
      client.setNotificationHandler(client instanceof Legacy ? ResourceUpdatedNotificationSchema : UPDATED, heard);
    });
    await client.connect(door.transport());
    try {
      const { id } = await data(client, 'createDeepResearch', { input: 'What does the Heron 5 turbine cost?' });
      const uri = `research://results/${id}`;
      if (door.era === 'modern') await client.listen({ resourceSubscriptions: [uri] });
      else await client.subscribeResource({ uri });
      assert.equal(await told, uri);
      const { contents } = await client.readResource({ uri });
      assert.ok(contents[0].text.includes('61,500 crowns'));
    } finally {
      await client.close();
    }
  });
}
