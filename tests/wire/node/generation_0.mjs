// What a user of @polar-sh/sdk 0.x does with customers and their members, and what they see of it.
// Prints one JSON document. The server's URL and two tokens come in the environment.
import { Polar } from "@polar-sh/sdk";

const { ICEFLOE_URL: serverURL, ICEFLOE_TOKEN: accessToken, ICEFLOE_READER: reader } = process.env;
const polar = new Polar({ serverURL, accessToken });
const { customers, organizations } = polar;
const { members } = customers;

const attempt = async (act) => {
  try {
    return { answered: (await act()) ?? null };
  } catch (error) {
    return { raised: error.constructor.name, status: error.statusCode, body: JSON.parse(error.body) };
  }
};
const walk = async (pages) => {
  const seen = [];
  for await (const page of await pages) seen.push(page.result);
  return seen;
};
const seen = {};

seen.nobody = await walk(customers.list({}));
seen.created = await customers.create({
  email: "Ada@EXAMPLE.com",
  name: "Ada",
  externalId: "usr ada+1",
  billingAddress: { country: "FR", city: "Brest" },
  taxId: "FR 40 303 265 045",
  locale: "fr_fr",
  metadata: { plan: "pro", seats: 5, rate: 1.5, beta: true },
});
seen.team = await customers.create({
  type: "team",
  name: "Crew",
  email: "crew@example.com",
  externalId: "team",
  owner: { email: "boss@example.com", name: "Boss" },
});
for (const number of [1, 2, 3, 4, 5]) {
  await customers.create({ email: `more${number}@example.com`, metadata: { number } });
}

const { id } = seen.created;
const externalId = seen.created.externalId;
seen.page = (await customers.list({ limit: 3, sorting: ["email"] })).result;
seen.pages = await walk(customers.list({ limit: 3, sorting: ["email"] }));
seen.filtered = await walk(customers.list({ metadata: { plan: "pro", seats: 5 }, email: "ada@example.com" }));
seen.searched = await walk(customers.list({ query: "more" }));
seen.got = await customers.get({ id });
seen.gotExternal = await customers.getExternal({ externalId });
seen.updated = await customers.update({ id, customerUpdate: { name: "Ada L.", taxId: null, metadata: {} } });
seen.updatedExternal = await customers.updateExternal({
  externalId,
  customerUpdateExternalID: { email: "ada@example.org" },
});
seen.state = await customers.getState({ id });
seen.stateExternal = await customers.getStateExternal({ externalId });
seen.paymentMethods = await walk(customers.listPaymentMethods({ id }));
seen.paymentMethodsExternal = await walk(customers.listPaymentMethodsExternal({ externalId }));
// The client's own Accept asks for JSON first; this server's export is a table whatever is accepted.
seen.exported = await customers.export({});

seen.member = await members.create({
  id: seen.team.id,
  memberCreateFromCustomer: {
    email: "hand@example.com",
    name: "Hand",
    externalId: "hand",
    role: "billing_manager",
  },
});
seen.members = await walk(polar.members.listMembers({ customerId: seen.team.id, sorting: ["created_at"] }));
seen.gotMember = await members.get({ id: seen.team.id, memberId: seen.member.id });
seen.gotMemberExternal = await members.getExternal({ externalId: "team", memberExternalId: "hand" });
seen.updatedMember = await members.update({
  id: seen.team.id,
  memberId: seen.member.id,
  memberUpdate: { name: "Deck Hand" },
});
seen.updatedMemberExternal = await members.updateExternal({
  externalId: "team",
  memberExternalId: "hand",
  memberUpdate: { role: "member" },
});
seen.deletedMember = (await members.delete({ id: seen.team.id, memberId: seen.member.id })) ?? null;
await members.createExternal({
  externalId: "team",
  memberCreateFromCustomer: { email: "two@example.com", externalId: "two" },
});
seen.deletedMemberExternal =
  (await members.deleteExternal({ externalId: "team", memberExternalId: "two" })) ?? null;
seen.membersAfter = await walk(polar.members.listMembers({ externalCustomerId: "team" }));

const [{ items: [own] }] = await walk(organizations.listOrganizations({}));
seen.organization = await organizations.get({ id: own.id });
seen.organizationPage = (await organizations.listOrganizations({ slug: own.slug })).result.items;
seen.updatedOrganization = await organizations.update({
  id: own.id,
  organizationUpdate: { name: "Arctic Fish", country: "FR" },
});

seen.refused = {
  anonymous: await attempt(() => new Polar({ serverURL }).customers.get({ id })),
  missingScope: await attempt(() => new Polar({ serverURL, accessToken: reader }).customers.delete({ id })),
  notFound: await attempt(() => customers.getExternal({ externalId: "nobody" })),
  taken: await attempt(() => customers.create({ email: "ADA@example.org", externalId })),
  notPermitted: await attempt(() => members.create({ id, memberCreateFromCustomer: { email: "x@example.com" } })),
  onlyOwner: await attempt(() =>
    members.delete({ id: seen.team.id, memberId: seen.membersAfter[0].items[0].id }),
  ),
};

seen.deleted = (await customers.delete({ id, anonymize: true })) ?? null;
seen.deletedExternal = (await customers.deleteExternal({ externalId: "team" })) ?? null;
seen.gone = await attempt(() => customers.get({ id }));
seen.left = await walk(customers.list({ limit: 100 }));

console.log(JSON.stringify(seen));
