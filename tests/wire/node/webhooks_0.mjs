// What a user of @polar-sh/sdk 0.x does with webhooks, and what the verifiers say of deliveries.
// Prints one JSON document. The server's URL, a token, an event that was sent and the deliveries to
// verify come in the environment.
import { Polar } from "@polar-sh/sdk";
import { validateEvent } from "@polar-sh/sdk/webhooks.js";
import { Webhook } from "standardwebhooks";

const { ICEFLOE_URL: serverURL, ICEFLOE_TOKEN: accessToken, ICEFLOE_EVENT: id } = process.env;
const { webhooks } = new Polar({ serverURL, accessToken });

const attempt = async (act) => {
  try {
    return { answered: (await act()) ?? null };
  } catch (error) {
    return { raised: error.constructor.name, status: error.statusCode };
  }
};
const seen = {};

const fresh = { url: "https://example.com/hook", format: "raw", events: ["customer.created"] };
seen.created = await webhooks.createWebhookEndpoint(fresh);
const at = { id: seen.created.id };
seen.got = await webhooks.getWebhookEndpoint(at);
seen.listed = (await webhooks.listWebhookEndpoints({ limit: 1 })).result.items;
seen.updated = await webhooks.updateWebhookEndpoint({ ...at, webhookEndpointUpdate: { name: "Ours", enabled: false } });
seen.reset = await webhooks.resetWebhookEndpointSecret(at);
seen.deleted = (await webhooks.deleteWebhookEndpoint(at)) ?? null;
seen.gone = await attempt(() => webhooks.getWebhookEndpoint(at));
seen.deliveries = (await webhooks.listWebhookDeliveries({ succeeded: true, limit: 100 })).result.items;
seen.redelivered = await attempt(() => webhooks.redeliverWebhookEvent({ id }));

seen.verdicts = [];
for (const { body, headers, secret } of JSON.parse(process.env.ICEFLOE_DELIVERIES)) {
  const polar = await attempt(() => validateEvent(body, headers, secret).type);
  const standard = await attempt(() => new Webhook(secret).verify(body, headers).type);
  seen.verdicts.push({ polar, standard });
}
console.log(JSON.stringify(seen));
