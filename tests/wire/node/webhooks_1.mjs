// What a user of @polar-sh/sdk 1.x does with webhooks, and what its verifier says of deliveries.
// Prints one JSON document. The server's URL, a token, an event that was sent and the deliveries to
// verify come in the environment.
import { createPolar, webhooks as verifier } from "@polar-sh/sdk/2026-10";

const { ICEFLOE_URL: baseUrl, ICEFLOE_TOKEN: accessToken, ICEFLOE_EVENT: event } = process.env;
const { webhooks } = createPolar({ baseUrl, accessToken });

const attempt = async (act) => {
  try {
    return { answered: (await act()) ?? null };
  } catch (error) {
    return { raised: error.constructor.name, status: error.statusCode };
  }
};
const walk = async (items) => {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
};
const seen = {};

const fresh = { url: "https://example.com/hook", format: "raw", events: ["customer.created"] };
seen.created = await webhooks.createWebhookEndpoint(fresh);
const { id } = seen.created;
seen.got = await webhooks.getWebhookEndpoint(id);
seen.listed = (await webhooks.listWebhookEndpoints({ limit: 1 })).items;
seen.iterated = await walk(webhooks.iterListWebhookEndpoints({ limit: 1 }));
seen.updated = await webhooks.updateWebhookEndpoint(id, { name: "Ours", enabled: false });
seen.reset = await webhooks.resetWebhookEndpointSecret(id);
seen.deleted = (await webhooks.deleteWebhookEndpoint(id)) ?? null;
seen.gone = await attempt(() => webhooks.getWebhookEndpoint(id));
seen.deliveries = (await webhooks.listWebhookDeliveries({ succeeded: true, limit: 100 })).items;
seen.deliveriesIterated = await walk(webhooks.iterListWebhookDeliveries({ succeeded: true, limit: 7 }));
seen.redelivered = await attempt(() => webhooks.redeliverWebhookEvent(event));

seen.verdicts = [];
for (const { body, headers, secret } of JSON.parse(process.env.ICEFLOE_DELIVERIES)) {
  seen.verdicts.push({ polar: await attempt(async () => (await verifier.validateEvent(body, headers, secret)).type) });
}
console.log(JSON.stringify(seen));
