"""The table of the API's methods that this emulator has; every other one is refused."""

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.wire import acl_methods, operations, uploads
from emulators.storage.wire import bucket_methods as buckets
from emulators.storage.wire import copy_methods as copying
from emulators.storage.wire import folder_methods as folders
from emulators.storage.wire import hmac_methods as keys
from emulators.storage.wire import managed_folder_methods as managed
from emulators.storage.wire import notification_methods as notifications
from emulators.storage.wire import object_methods as objects
from emulators.storage.wire import restore_methods as restoring
from emulators.storage.wire.call import CONDITIONS, SOURCE_CONDITIONS, Call
from emulators.storage.wire.routing import Route, Routes

_B = "storage/v1/b"
_BUCKET = "storage/v1/b/{bucket}"
_OBJECT = "storage/v1/b/{bucket}/o/{object}"
_FOLDER = "storage/v1/b/{bucket}/folders/{folder}"
_MANAGED = "storage/v1/b/{bucket}/managedFolders/{folder}"
_FOLDERS = frozenset({"prefix", "delimiter", "startOffset", "endOffset", "pageSize", "pageToken"})
_TO = _OBJECT + "/{verb}/b/{destination_bucket}/o/{destination_object}"
_UPLOAD = "upload/storage/v1/b/{bucket}/o"

_CONDITIONS = frozenset(CONDITIONS)
_PREDEFINED = frozenset({"predefinedAcl", "predefinedDefaultObjectAcl"})
_ONE = _CONDITIONS | {"generation"}
_CHANGE = _ONE | {"predefinedAcl", "overrideUnlockedRetention"}
_COPY = (
    _CONDITIONS
    | set(SOURCE_CONDITIONS)
    | {"sourceGeneration", "maxBytesRewrittenPerCall", "destinationPredefinedAcl", "destinationKmsKeyName"}
)
_PERMISSIONS = frozenset({"permissions", "generation"})
_REWRITE = _COPY | {"dropContextGroups", "rewriteToken"}
_COMPOSE = _CONDITIONS | {"destinationPredefinedAcl", "kmsKeyName", "dropContextGroups"}
_LIST = frozenset(
    ("prefix", "delimiter", "startOffset", "endOffset", "includeTrailingDelimiter", "versions", "softDeleted")
) | {"maxResults", "pageToken", "matchGlob", "filter", "includeFoldersAsPrefixes"}
# Every bucket can always be reached here, so a partial success is a whole one.
_BUCKETS = frozenset({"project", "prefix", "maxResults", "pageToken", "returnPartialSuccess", "softDeleted"})
_KEYS = "storage/v1/projects/{project}/hmacKeys"
_KEY_LIST = frozenset({"serviceAccountEmail", "showDeletedKeys", "maxResults", "pageToken"})
_UPLOADING = _CONDITIONS | {"uploadType", "name", "contentEncoding", "predefinedAcl", "kmsKeyName"}
_SESSION = _UPLOADING | {"upload_id"}


async def _refused(call: Call) -> Response:
    """What the service has and this emulator has not."""
    raise errors.not_implemented(f"{call.request.method} {call.request.url.path}")


_CACHES = ("anywhereCaches", "rapidCaches")
_OF_CACHES = (
    ("POST", ""),
    ("GET", "/{cache}"),
    ("PATCH", "/{cache}"),
    ("POST", "/{cache}/disable"),
    ("POST", "/{cache}/pause"),
    ("POST", "/{cache}/resume"),
)

ROUTES = Routes(
    [
        *(route for place in acl_methods.PLACES for route in place.routes()),
        Route("POST", _B, buckets.insert, _PREDEFINED | {"project", "enableObjectRetention"}),
        Route("GET", _B, buckets.list_buckets, _BUCKETS),
        Route("GET", _BUCKET, buckets.get, _ONE | {"softDeleted", "restoreToken"}),
        Route("PATCH", _BUCKET, buckets.patch, _CONDITIONS | _PREDEFINED),
        Route("PUT", _BUCKET, buckets.update, _CONDITIONS | _PREDEFINED),
        Route("DELETE", _BUCKET, buckets.delete, _CONDITIONS),
        Route("POST", _BUCKET + "/lockRetentionPolicy", buckets.lock_retention, _CONDITIONS),
        Route("GET", _BUCKET + "/iam", buckets.get_policy, frozenset({"optionsRequestedPolicyVersion"})),
        Route("PUT", _BUCKET + "/iam", buckets.set_policy),
        Route("GET", _BUCKET + "/iam/testPermissions", buckets.test_permissions, frozenset({"permissions"})),
        Route("GET", _BUCKET + "/storageLayout", buckets.storage_layout, frozenset({"prefix"})),
        Route("GET", _BUCKET + "/managedFolders", managed.list_folders, _LIST | {"pageSize"}),
        Route("POST", _BUCKET + "/managedFolders", managed.insert),
        Route("GET", _MANAGED, managed.get, _CONDITIONS),
        Route("PATCH", _MANAGED, _refused),
        Route("GET", _MANAGED + "/iam", managed.get_policy, frozenset({"optionsRequestedPolicyVersion"})),
        Route("PUT", _MANAGED + "/iam", managed.set_policy),
        Route("GET", _MANAGED + "/iam/testPermissions", managed.test_permissions, _PERMISSIONS),
        Route("DELETE", _MANAGED, managed.delete, _CONDITIONS | {"allowNonEmpty"}),
        Route("GET", _BUCKET + "/folders", folders.list_all, _FOLDERS),
        Route("POST", _BUCKET + "/folders", folders.insert, frozenset({"recursive"})),
        Route("GET", _FOLDER, folders.get, _CONDITIONS),
        Route("DELETE", _FOLDER, folders.delete, _CONDITIONS),
        Route("POST", _FOLDER + "/deleteRecursive", folders.delete_recursive, _CONDITIONS),
        Route(
            "POST", _FOLDER + "/renameTo/folders/{destination}", folders.rename, _CONDITIONS | set(SOURCE_CONDITIONS)
        ),
        Route("GET", _BUCKET + "/anywhereCaches", buckets.list_caches, frozenset({"pageSize", "pageToken"})),
        Route("GET", _BUCKET + "/rapidCaches", buckets.list_rapid_caches, frozenset({"pageSize", "pageToken"})),
        Route("GET", _BUCKET + "/notificationConfigs", notifications.list_all),
        Route("POST", _BUCKET + "/notificationConfigs", notifications.insert),
        Route("GET", _BUCKET + "/notificationConfigs/{notification}", notifications.get),
        Route("DELETE", _BUCKET + "/notificationConfigs/{notification}", notifications.delete),
        Route("POST", _KEYS, keys.create, frozenset({"serviceAccountEmail"})),
        Route("GET", _KEYS, keys.list_all, _KEY_LIST),
        Route("GET", _KEYS + "/{key}", keys.get),
        Route("PUT", _KEYS + "/{key}", keys.update),
        Route("DELETE", _KEYS + "/{key}", keys.delete),
        Route("GET", "storage/v1/projects/{project}/serviceAccount", buckets.service_account),
        Route("GET", _BUCKET + "/o", objects.list_objects, _LIST),
        Route("GET", _OBJECT, objects.get, _ONE | {"softDeleted", "restoreToken"}),
        Route("GET", "download/" + _OBJECT, objects.get, _ONE | {"softDeleted", "restoreToken"}),
        Route("PATCH", _OBJECT, objects.patch, _CHANGE),
        Route("PUT", _OBJECT, objects.update, _CHANGE),
        Route("DELETE", _OBJECT, objects.delete, _ONE),
        Route("POST", _OBJECT + "/compose", objects.compose, _COMPOSE),
        Route("POST", _OBJECT + "/moveTo/o/{destination_object}", objects.move, _CONDITIONS | set(SOURCE_CONDITIONS)),
        Route("POST", _TO.replace("{verb}", "copyTo"), copying.copy, _COPY),
        Route("POST", _TO.replace("{verb}", "rewriteTo"), copying.rewrite, _REWRITE),
        Route("GET", _OBJECT + "/viewFullContext", objects.view_full_context, frozenset({"generation", "contextKey"})),
        Route("POST", _OBJECT + "/restore", restoring.restore_object, _ONE | {"copySourceAcl", "restoreToken"}),
        Route("POST", _BUCKET + "/restore", restoring.restore_bucket, frozenset({"generation"})),
        Route("POST", _BUCKET + "/o/bulkRestore", restoring.bulk_restore),
        Route("GET", _BUCKET + "/operations", operations.list_all, frozenset({"pageSize", "pageToken"})),
        Route("GET", _BUCKET + "/operations/{operation}", operations.get),
        Route("POST", _BUCKET + "/operations/{operation}/cancel", operations.cancel),
        Route("POST", _BUCKET + "/o", uploads.refuse_metadata_alone),
        *(Route(verb, f"{_BUCKET}/{caches}{rest}", _refused) for caches in _CACHES for verb, rest in _OF_CACHES),
        Route("POST", _BUCKET + "/relocate", _refused),
        Route("POST", _BUCKET + "/operations/{operation}/advanceRelocateBucket", _refused),
        Route("GET", _OBJECT + "/iam", _refused),
        Route("PUT", _OBJECT + "/iam", _refused),
        Route("GET", _OBJECT + "/iam/testPermissions", objects.test_permissions, _PERMISSIONS),
        Route("POST", _UPLOAD, uploads.upload, _SESSION),
        Route("POST", "resumable/" + _UPLOAD, uploads.upload, _SESSION),  # where the API's own document has it
        Route("PUT", _UPLOAD, uploads.resume, _SESSION),
        Route("DELETE", _UPLOAD, uploads.cancel, _SESSION),
    ]
)
