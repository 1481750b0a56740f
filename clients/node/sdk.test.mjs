// The official JavaScript SDK against the built server at TASK_MCP_URL: nothing changed but the base address.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Parallel from 'parallel-web';

const client = new Parallel({ apiKey: 'any', baseURL: process.env.TASK_MCP_URL });
const FIELDS = {
  type: 'json',
  json_schema: {
    type: 'object',
    properties: { launched: { type: 'integer', description: 'year it was launched' } },
    required: ['launched'],
    additionalProperties: false,
  },
};

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

test('a run is created, awaited and read again', async () => {
  const run = await client.taskRun.create({ input: { product: 'Otter 3' }, processor: 'core', task_spec: { output_schema: FIELDS } });
  const result = await client.taskRun.result(run.run_id, { timeout: 25 });
  assert.equal(result.output.content.launched, 2019);
  assert.ok(result.output.basis[0].citations[0].excerpts[0].includes('2019'));
  assert.equal((await client.taskRun.retrieve(run.run_id)).status, 'completed');
});

test('events end with the output', async () => {
  const run = await client.taskRun.create({ input: 'What does the Heron 5 turbine cost?', processor: 'pro', task_spec: { output_schema: 'a report' } });
  const events = await all(await client.taskRun.events(run.run_id));
  assert.equal(events[0].type, 'task_run.state');
  assert.ok(events.some((event) => event.type === 'task_run.progress_msg.plan'));
  const last = events.at(-1);
  assert.equal(last.run.status, 'completed');
  assert.ok(last.output.content.includes('61,500 crowns'));
});

test('a group is filled, watched and read', async () => {
  const group = await client.taskGroup.create({});
  const added = await client.taskGroup.addRuns(group.taskgroup_id, {
    default_task_spec: { output_schema: FIELDS },
    inputs: ['Otter 3', 'Heron 5'].map((product) => ({ input: { product }, processor: 'core' })),
  });
  const events = await all(await client.taskGroup.events(group.taskgroup_id));
  const ended = events.filter((event) => event.type === 'task_run.state').map((event) => event.run.run_id);
  assert.deepEqual(new Set(ended), new Set(added.run_ids));
  const rows = await all(await client.taskGroup.getRuns(group.taskgroup_id, { include_output: true }));
  assert.deepEqual(rows.map((row) => row.output.content.launched), [2019, 2021]);
  assert.equal((await client.taskGroup.retrieve(group.taskgroup_id)).status.is_active, false);
});

test('errors are the ones that the client has for them', async () => {
  await assert.rejects(client.taskRun.retrieve(`trun_${'0'.repeat(32)}`), Parallel.NotFoundError);
  await assert.rejects(client.taskRun.create({ input: 'x', processor: 'giant' }), Parallel.PermissionDeniedError);
  await assert.rejects(client.taskRun.create({ input: '', processor: 'core' }), Parallel.UnprocessableEntityError);
});
