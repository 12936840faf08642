// What a user of @polar-sh/sdk 1.x does with customers and their members, and what they see of it.
// Prints one JSON document. The server's URL and two tokens come in the environment.
import { createPolar } from "@polar-sh/sdk/2026-10";
import { createPolar as createEarlierPolar } from "@polar-sh/sdk/2026-04";

const { ICEFLOE_URL: baseUrl, ICEFLOE_TOKEN: accessToken, ICEFLOE_READER: reader } = process.env;
const { customers, organizations } = createPolar({ baseUrl, accessToken });
const { members } = customers;

const attempt = async (act) => {
  try {
    return { answered: (await act()) ?? null };
  } catch (error) {
    return { raised: error.constructor.name, status: error.statusCode, body: error.error };
  }
};
const walk = async (items) => {
  const seen = [];
  for await (const item of items) seen.push(item);
  return seen;
};
const seen = {};

seen.nobody = await walk(customers.iterList());
seen.created = await customers.create({
  email: "Ada@EXAMPLE.com",
  name: "Ada",
  external_id: "usr ada+1",
  billing_address: { country: "FR", city: "Brest" },
  tax_id: "FR 40 303 265 045",
  locale: "fr_fr",
  metadata: { plan: "pro", seats: 5, rate: 1.5, beta: true },
});
seen.team = await customers.create({
  type: "team",
  name: "Crew",
  email: "crew@example.com",
  external_id: "team",
  owner: { email: "boss@example.com", name: "Boss" },
});
for (const number of [1, 2, 3, 4, 5]) {
  await customers.create({ email: `more${number}@example.com`, metadata: { number } });
}

const { id, external_id: externalId } = seen.created;
seen.page = await customers.list({ limit: 3, sorting: ["email"] });
seen.iterated = await walk(customers.iterList({ limit: 3, sorting: ["email"] }));
seen.filtered = await walk(customers.iterList({ metadata: { plan: "pro", seats: 5 }, email: "ada@example.com" }));
seen.searched = await walk(customers.iterList({ query: "more" }));
seen.got = await customers.get(id);
seen.gotEarlier = await createEarlierPolar({ baseUrl, accessToken }).customers.get(id);
seen.gotExternal = await customers.getExternal(externalId);
seen.updated = await customers.update(id, { name: "Ada L.", tax_id: null, metadata: {} });
seen.updatedExternal = await customers.updateExternal(externalId, { email: "ada@example.org" });
seen.state = await customers.getState(id);
seen.stateExternal = await customers.getStateExternal(externalId);
seen.paymentMethods = await walk(customers.iterListPaymentMethods(id));
seen.paymentMethodsExternal = await customers.listPaymentMethodsExternal(externalId, { page: 1, limit: 5 });
seen.exported = await customers.export();

seen.member = await members.create(seen.team.id, {
  email: "hand@example.com",
  name: "Hand",
  external_id: "hand",
  role: "billing_manager",
});
seen.memberExternal = await members.createExternal("team", { email: "two@example.com", external_id: "two" });
seen.gotMember = await members.get(seen.team.id, seen.member.id);
seen.gotMemberExternal = await members.getExternal("team", "hand");
seen.memberPage = await members.list(seen.team.id, { sorting: ["created_at"], limit: 2 });
seen.memberPageExternal = await members.listExternal("team", { role: "member" });
seen.membersIterated = await walk(members.iterList(seen.team.id, { limit: 2 }));
seen.membersIteratedExternal = await walk(members.iterListExternal("team", { limit: 2 }));
seen.updatedMember = await members.update(seen.team.id, seen.member.id, { name: "Deck Hand" });
seen.updatedMemberExternal = await members.updateExternal("team", "hand", { role: "member" });
seen.deletedMember = (await members.delete(seen.team.id, seen.member.id)) ?? null;
seen.deletedMemberExternal = (await members.deleteExternal("team", "two")) ?? null;

const [own] = await walk(organizations.iterList());
seen.organization = await organizations.get(own.id);
seen.organizationPage = (await organizations.list({ slug: own.slug })).items;
seen.updatedOrganization = await organizations.update(own.id, { name: "Arctic Fish", country: "FR" });

seen.refused = {
  anonymous: await attempt(() => createPolar({ baseUrl }).customers.get(id)),
  missingScope: await attempt(() => createPolar({ baseUrl, accessToken: reader }).customers.delete(id)),
  notFound: await attempt(() => customers.getExternal("nobody")),
  taken: await attempt(() => customers.create({ email: "ADA@example.org", external_id: externalId })),
  notPermitted: await attempt(() => members.create(id, { email: "x@example.com" })),
  memberNotFound: await attempt(() => members.getExternal("team", "hand")),
};

seen.deleted = (await customers.delete(id, { anonymize: true })) ?? null;
seen.deletedExternal = (await customers.deleteExternal("team")) ?? null;
seen.gone = await attempt(() => customers.get(id));
seen.left = await walk(customers.iterList({ limit: 100 }));

console.log(JSON.stringify(seen));
