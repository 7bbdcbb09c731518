"""A fake of Modal's control plane: Modal's own gRPC protocol on loopback, and nothing behind it.

The real `modal` client and command line talk to it (`MODAL_SERVER_URL`), and it remembers what
they would have Modal build and run. It stands in for the account, the builders and the GPUs; the
protocol is the one in the `modal_proto` package. What it does not know it refuses by name, so that
a newer client that asks for more is noticed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError
from grpclib.const import Status
from grpclib.events import RecvRequest, listen
from grpclib.server import Server, Stream
from modal_proto import api_pb2
from modal_proto.api_grpc import ModalClientBase

TOKEN_ID, TOKEN_SECRET = "ak-for-tests", "as-for-tests"
WORKSPACE = "the-tests"


class ControlPlane:
    """What an account holds, and what was asked of it.

    Attributes:
        address: for `MODAL_SERVER_URL`.
        calls: names of all methods that were called, in order.
        apps, functions, images, volumes, secrets: by id or by name, as they were sent.
        mounts: by id, the hash of each file's content by its path in the container.
        contents: by hash.
        url: where deployed servers are said to be.
        running: containers that the account's app has now.
        costs: lines of the bill, as (day, resource, US dollars).
        rates: what Modal says its resources cost; empty makes it refuse to say.
        failing: methods that fail.
    """

    def __init__(self) -> None:
        self.address = ""
        self.calls: list[str] = []
        self.apps: dict[str, dict[str, Any]] = {}
        self.functions: dict[str, api_pb2.Function] = {}
        self.images: dict[str, api_pb2.Image] = {}
        self.mounts: dict[str, dict[str, str]] = {}
        self.contents: dict[str, bytes] = {}
        self.volumes: dict[str, str] = {}
        self.secrets: dict[str, dict[str, str]] = {}
        self.url = "https://the-tests--maze-inference-engine.us-east.modal.direct"
        self.running = 0
        self.costs: list[tuple[int, str, str]] = []
        self.rates: dict[str, str] = {}
        self.failing: set[str] = set()
        self._ids = itertools.count(1)

    def new_id(self, prefix: str) -> str:
        """An id of the shape that the client expects: prefix, dash, 22 characters."""
        return f"{prefix}-{next(self._ids):022d}"

    def app_named(self, name: str) -> tuple[str, dict[str, Any]] | None:
        """The app that is deployed under a name."""
        for app_id, app in self.apps.items():
            if app["name"] == name and app["state"] == api_pb2.APP_STATE_DEPLOYED:
                return app_id, app
        return None

    def server(self, app: str = "maze-inference") -> api_pb2.Function:
        """The one function of a deployed app."""
        found = self.app_named(app)
        assert found is not None, f"{app} is not deployed"
        (function_id,) = found[1]["function_ids"].values()
        return self.functions[function_id]

    def variables(self, function: api_pb2.Function) -> dict[str, str]:
        """What stands in a function's environment, of what its deployer put there."""
        names = [secret.removeprefix("st-") for secret in function.secret_ids]
        return {k: v for name in names for k, v in self.secrets[name].items()}

    def dockerfile(self, image_id: str) -> list[str]:
        """All commands of an image, those of the images below it first."""
        image = self.images[image_id]
        below = [line for base in image.base_images for line in self.dockerfile(base.image_id)]
        return [*below, *image.dockerfile_commands]


class _Methods:
    """The answers. Each takes the request and gives the response (or several, for a stream)."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane

    def ClientHello(self, _: Empty) -> Any:
        return api_pb2.ClientHelloResponse()

    def WorkspaceNameLookup(self, _: Empty) -> Any:
        return api_pb2.WorkspaceNameLookupResponse(workspace_name=WORKSPACE, username=WORKSPACE)

    def EnvironmentGetOrCreate(self, request: Any) -> Any:
        settings = api_pb2.EnvironmentSettings(image_builder_version="2025.06")
        metadata = api_pb2.EnvironmentMetadata(
            name=request.deployment_name or "main", settings=settings
        )
        return api_pb2.EnvironmentGetOrCreateResponse(environment_id="en-1", metadata=metadata)

    # Apps

    def AppGetByDeploymentName(self, request: Any) -> Any:
        found = self.plane.app_named(request.name)
        if found is None:
            old = [i for i, app in self.plane.apps.items() if app["name"] == request.name]
            return api_pb2.AppGetByDeploymentNameResponse(previous_app_id=old[-1] if old else "")
        lifecycle = api_pb2.AppLifecycle(app_state=found[1]["state"])
        return api_pb2.AppGetByDeploymentNameResponse(
            app_id=found[0], environment_name="main", lifecycle=lifecycle
        )

    def AppGetOrCreate(self, request: Any) -> Any:
        found = self.plane.app_named(request.app_name)
        if found is None:
            raise GRPCError(Status.NOT_FOUND, f"App '{request.app_name}' not found")
        return api_pb2.AppGetOrCreateResponse(app_id=found[0])

    def AppCreate(self, request: Any) -> Any:
        app_id = self.plane.new_id("ap")
        self.plane.apps[app_id] = {
            "name": request.description,
            "state": request.app_state,
            "function_ids": {},
        }
        return api_pb2.AppCreateResponse(app_id=app_id, app_page_url="https://modal.com/apps/x")

    def AppGetLayout(self, request: Any) -> Any:
        layout = api_pb2.AppLayout(function_ids=self.plane.apps[request.app_id]["function_ids"])
        return api_pb2.AppGetLayoutResponse(app_layout=layout)

    def AppGetLifecycle(self, request: Any) -> Any:
        lifecycle = api_pb2.AppLifecycle(app_state=self.plane.apps[request.app_id]["state"])
        return api_pb2.AppGetLifecycleResponse(lifecycle=lifecycle)

    def AppPublish(self, request: Any) -> Any:
        app = self.plane.apps[request.app_id]
        app |= {
            "name": request.name,
            "state": request.app_state,
            "function_ids": dict(request.function_ids),
        }
        return api_pb2.AppPublishResponse(url="https://modal.com/apps/x", deployed_at=1.0)

    def AppHeartbeat(self, _: Any) -> Any:
        return Empty()

    def AppClientDisconnect(self, _: Any) -> Any:
        return Empty()

    def AppStop(self, request: Any) -> Any:
        self.plane.apps[request.app_id]["state"] = api_pb2.APP_STATE_STOPPED
        self.plane.running = 0
        return Empty()

    def AppList(self, _: Any) -> Any:
        items = [
            api_pb2.AppListResponse.AppListItem(
                app_id=app_id,
                description=app["name"],
                name=app["name"],
                state=app["state"],
                n_running_tasks=self.plane.running,
            )
            for app_id, app in self.plane.apps.items()
        ]
        return api_pb2.AppListResponse(apps=items)

    def TaskList(self, request: Any) -> Any:
        tasks = [
            api_pb2.TaskStats(task_id=f"ta-{number}", app_id=request.app_id, started_at=1.0)
            for number in range(self.plane.running)
        ]
        return api_pb2.TaskListResponse(tasks=tasks)

    # What an app is made of

    def FunctionPrecreate(self, request: Any) -> Any:
        function_id = request.existing_function_id or self.plane.new_id("fu")
        return api_pb2.FunctionPrecreateResponse(
            function_id=function_id, handle_metadata=self._handle(request.function_name)
        )

    def FunctionCreate(self, request: Any) -> Any:
        function_id = request.existing_function_id or self.plane.new_id("fu")
        self.plane.functions[function_id] = request.function
        ranked = api_pb2.FunctionData.RankedFunction(rank=0, function=request.function)
        return api_pb2.FunctionCreateResponse(
            function_id=function_id,
            function_data=api_pb2.FunctionData(is_server=True, ranked_functions=[ranked]),
            handle_metadata=self._handle(request.function.function_name),
        )

    def FunctionGet(self, request: Any) -> Any:
        found = self.plane.app_named(request.app_name)
        if found is None or request.object_tag not in found[1]["function_ids"]:
            raise GRPCError(Status.NOT_FOUND, "no such function")
        function_id = found[1]["function_ids"][request.object_tag]
        ranked = api_pb2.FunctionData.RankedFunction(
            rank=0, function=self.plane.functions[function_id]
        )
        data = api_pb2.FunctionData(is_server=True, ranked_functions=[ranked])
        return api_pb2.FunctionGetResponse(
            function_id=function_id, handle_metadata=self._handle(request.object_tag), function=data
        )

    def _handle(self, name: str) -> Any:
        return api_pb2.FunctionHandleMetadata(
            function_name=name,
            function_type=api_pb2.Function.FUNCTION_TYPE_FUNCTION,
            _experimental_flash_urls=[self.plane.url],
        )

    def ImageGetOrCreate(self, request: Any) -> Any:
        image_id = self.plane.new_id("im")
        self.plane.images[image_id] = request.image
        built = api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS)
        metadata = api_pb2.ImageMetadata(image_builder_version="2025.06")
        return api_pb2.ImageGetOrCreateResponse(image_id=image_id, result=built, metadata=metadata)

    def MountBatchedCheckExistence(self, request: Any) -> Any:
        return api_pb2.MountBatchedCheckExistenceResponse(
            missing_sha256_hex_hashes=request.sha256_hex_hashes
        )

    def MountPutFile(self, request: Any) -> Any:
        self.plane.contents[request.sha256_hex] = request.data
        return api_pb2.MountPutFileResponse(exists=True)

    def MountGetOrCreate(self, request: Any) -> Any:
        mount_id = self.plane.new_id("mo")
        self.plane.mounts[mount_id] = {file.filename: file.sha256_hex for file in request.files}
        metadata = api_pb2.MountHandleMetadata(content_checksum_sha256_hex="0" * 64)
        return api_pb2.MountGetOrCreateResponse(mount_id=mount_id, handle_metadata=metadata)

    def VolumeGetOrCreate(self, request: Any) -> Any:
        name = request.deployment_name
        missing = api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING
        if name not in self.plane.volumes and request.object_creation_type != missing:
            raise GRPCError(Status.NOT_FOUND, f"Volume '{name}' not found")
        volume_id = self.plane.volumes.setdefault(name, self.plane.new_id("vo"))
        return api_pb2.VolumeGetOrCreateResponse(
            volume_id=volume_id, metadata=api_pb2.VolumeMetadata(name=name)
        )

    # Secrets

    def SecretGetOrCreate(self, request: Any) -> Any:
        name, kind = request.deployment_name, request.object_creation_type
        if kind == api_pb2.OBJECT_CREATION_TYPE_ANONYMOUS_OWNED_BY_APP:
            name = self.plane.new_id("anonymous")
        exists = name in self.plane.secrets
        if kind == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS and exists:
            raise GRPCError(Status.ALREADY_EXISTS, f"Secret '{name}' already exists")
        if kind == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
            if not exists:
                raise GRPCError(Status.NOT_FOUND, f"Secret '{name}' not found")
            lacking = set(request.required_keys) - set(self.plane.secrets[name])
            if lacking:
                raise GRPCError(Status.NOT_FOUND, f"Secret '{name}' lacks {', '.join(lacking)}")
        elif not exists or kind == api_pb2.OBJECT_CREATION_TYPE_CREATE_OVERWRITE_IF_EXISTS:
            self.plane.secrets[name] = dict(request.env_dict)
        return api_pb2.SecretGetOrCreateResponse(
            secret_id=f"st-{name}", metadata=self._secret(name)
        )

    def SecretUpdate(self, request: Any) -> Any:
        name = request.secret_id.removeprefix("st-")
        self.plane.secrets[name] |= {update.key: update.value for update in request.updates}
        return Empty()

    def SecretDelete(self, request: Any) -> Any:
        del self.plane.secrets[request.secret_id.removeprefix("st-")]
        return Empty()

    def SecretList(self, request: Any) -> Any:
        items = [
            api_pb2.SecretListItem(
                label=name, secret_id=f"st-{name}", created_at=1.0, metadata=self._secret(name)
            )
            for name in self.plane.secrets
        ]
        return api_pb2.SecretListResponse(items=items, environment_name="main")

    def _secret(self, name: str) -> Any:
        return api_pb2.SecretMetadata(name=name, keys=list(self.plane.secrets[name]))

    # Money

    def WorkspaceBillingRates(self, _: Empty) -> Any:
        if not self.plane.rates:
            raise GRPCError(Status.PERMISSION_DENIED, "only owners may see the rates")
        return api_pb2.WorkspaceBillingRatesResponse(rates=self.plane.rates)

    def WorkspaceBillingReport(self, request: Any) -> Any:
        found = next(iter(self.plane.apps.items()), None)
        items = []
        for day, resource, cost in self.plane.costs:
            item = api_pb2.WorkspaceBillingReportItem(
                object_id=found[0] if found else "ap-gone",
                description="maze-inference",
                environment_name="main",
                cost=cost,
                cost_by_resource={resource: cost},
            )
            item.interval.FromSeconds(request.start_timestamp.seconds + day * 86_400)
            items.append(item)
        return items


_Handler = Callable[[Any, "Stream[Any, Any]"], Awaitable[None]]


def _handler(name: str) -> _Handler:
    async def handle(service: Any, stream: Stream[Any, Any]) -> None:
        request = await stream.recv_message()
        service.methods.plane.calls.append(name)
        if name in service.methods.plane.failing:
            raise GRPCError(Status.INVALID_ARGUMENT, f"{name} fails")
        method = getattr(service.methods, name, None)
        if method is None:
            raise GRPCError(Status.UNIMPLEMENTED, f"the fake control plane does not know {name}")
        answer = method(request)
        for message in answer if isinstance(answer, list) else [answer]:
            await stream.send_message(message)

    return handle


class _Service(
    type(  # type: ignore[misc] # every method that the protocol has, by name
        "_Base", (ModalClientBase,), {n: _handler(n) for n in ModalClientBase.__abstractmethods__}
    )
):
    def __init__(self, plane: ControlPlane) -> None:
        self.methods = _Methods(plane)


async def _check_token(event: RecvRequest) -> None:
    sent = event.metadata
    if (sent.get("x-modal-token-id"), sent.get("x-modal-token-secret")) != (TOKEN_ID, TOKEN_SECRET):
        raise GRPCError(Status.UNAUTHENTICATED, "Token ID or secret is wrong")


@contextlib.contextmanager
def control_plane() -> Iterator[ControlPlane]:
    """A running fake, in a thread of its own."""
    plane = ControlPlane()
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def serve() -> None:
        server = Server([_Service(plane)])
        listen(server, RecvRequest, _check_token)
        await server.start("127.0.0.1", 0)
        assert server._server is not None
        port = server._server.sockets[0].getsockname()[1]
        plane.address = f"http://127.0.0.1:{port}"
        ready.set()
        await stop.wait()
        server.close()
        await server.wait_closed()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield plane
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
