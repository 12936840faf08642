"""The control API's endpoints of seeds."""

from dataclasses import replace

from icefloe.api.errors import RequestInvalid
from icefloe.api.messages import Request, Response
from icefloe.control import paths, schemas
from icefloe.domain.seeds import PlantedOrganization, Seed
from icefloe.domain.values import errors


async def plant_seed(request: Request) -> Response:
    """See that everything of a seed is there: what is missing is made, what is there stays."""
    planted = await request.services.seeds.plant(_read_seed(request))
    return schemas.answer(schemas.Planted(organizations=[_show(each) for each in planted]))


async def plant_customers(request: Request) -> Response:
    """Let the organization have the customers of a seed, which has them in one organization.

    What else the seed says of that organization does not count.
    """
    seed = _read_seed(request)
    organization = await paths.find_organization(request)
    if len(seed.organizations) != 1:
        raise errors.InvalidValue(
            f"the seed has {len(seed.organizations)} organizations: choose one"
        )
    chosen = replace(seed.organizations[0], id=organization.id, tokens=(), webhooks=())
    (planted,) = await request.services.seeds.plant(Seed((chosen,)))
    skipped = planted.customers - planted.added
    return schemas.answer(schemas.Taken(added=planted.added, updated=0, skipped=skipped))


def _read_seed(request: Request) -> Seed:
    """The seed that the body is. Raises RequestInvalid."""
    # Imported late: few tests plant a seed, and all wait for the server to start.
    from icefloe.exchange import seed_files, seeds  # noqa: PLC0415 - see above

    try:
        return seeds.read(request.value)
    except seed_files.InvalidSeed as error:
        raise RequestInvalid(
            [paths.problem(("body", *each.place), each.message) for each in error.problems]
        ) from error


def _show(planted: PlantedOrganization) -> schemas.PlantedOrganization:
    return schemas.PlantedOrganization(
        id=planted.organization.id,
        name=planted.organization.name,
        slug=planted.organization.slug,
        tokens=[
            schemas.PlantedToken(name=token.name, token=token.value, scopes=token.scopes)
            for token in planted.tokens
        ],
        customers=planted.customers,
        webhooks=[
            schemas.PlantedWebhook(id=webhook.id, url=webhook.url, secret=webhook.secret)
            for webhook in planted.webhooks
        ],
    )
