# One key a service, so that access to one service's data can be withdrawn alone. A key is used by its service's own agent
# and by nobody else.
locals {
  # service -> the API whose agent uses the key, and that agent's address
  agents = {
    storage          = { api = "storage.googleapis.com", email = "service-%s@gs-project-accounts.iam.gserviceaccount.com" }
    bigquery         = { api = "bigquery.googleapis.com", email = "bq-%s@bigquery-encryption.iam.gserviceaccount.com" }
    pubsub           = { api = "pubsub.googleapis.com", email = "service-%s@gcp-sa-pubsub.iam.gserviceaccount.com" }
    datastream       = { api = "datastream.googleapis.com", email = "service-%s@gcp-sa-datastream.iam.gserviceaccount.com" }
    dataflow         = { api = "dataflow.googleapis.com", email = "service-%s@dataflow-service-producer-prod.iam.gserviceaccount.com" }
    compute          = { api = "compute.googleapis.com", email = "service-%s@compute-system.iam.gserviceaccount.com" }
    bigtable         = { api = "bigtableadmin.googleapis.com", email = "service-%s@gcp-sa-bigtable.iam.gserviceaccount.com" }
    sql              = { api = "sqladmin.googleapis.com", email = "service-%s@gcp-sa-cloud-sql.iam.gserviceaccount.com" }
    secretmanager    = { api = "secretmanager.googleapis.com", email = "service-%s@gcp-sa-secretmanager.iam.gserviceaccount.com" }
    copies           = { api = "bigquery.googleapis.com", email = "bq-%s@bigquery-encryption.iam.gserviceaccount.com" } # of datasets, elsewhere
    artifactregistry = { api = "artifactregistry.googleapis.com", email = "service-%s@gcp-sa-artifactregistry.iam.gserviceaccount.com" }
  }

  services = !var.enabled ? [] : var.copies_location == null ? var.services : setunion(var.services, ["copies"])

  multi_regions = { EU = "europe", US = "us" }
  locations     = { storage = var.data_location, bigquery = var.data_location, copies = coalesce(var.copies_location, var.region) }
  location_of = {
    for service in local.services : service => lookup(local.multi_regions, lookup(local.locations, service, var.region), lower(lookup(local.locations, service, var.region)))
  }

  # Dataflow's disks belong to Compute Engine, whose agent needs Dataflow's key as well.
  users = merge(
    { for service in local.services : service => { key = service, agent = service } },
    contains(local.services, "dataflow") ? { "dataflow-disks" = { key = "dataflow", agent = "compute" } } : {},
  )

  # The agents that are made on request. Those of storage, BigQuery and Compute Engine exist from when they are first asked for.
  identities = setsubtract([for user in local.users : user.agent], ["storage", "bigquery", "copies", "compute"])
}

# A key must be where its data is: that of buckets and datasets may be a multi-region, the others work in one region.
resource "google_kms_key_ring" "this" {
  for_each = toset([for service in local.services : local.location_of[service]])

  project  = var.project
  name     = var.name
  location = each.key
}

resource "google_kms_crypto_key" "this" {
  #checkov:skip=CKV_GCP_43:rotated after var.rotation_days, 90 where nothing else is said; checkov does not multiply
  #checkov:skip=CKV_GCP_82:an environment can be taken down; the plan guard refuses to lose a key, and the destroy delay lets one be restored
  for_each = local.services

  name                       = each.key
  key_ring                   = google_kms_key_ring.this[local.location_of[each.key]].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "${var.rotation_days * 86400}s"
  destroy_scheduled_duration = "${var.destroy_delay_days * 86400}s"

  version_template {
    algorithm        = "GOOGLE_SYMMETRIC_ENCRYPTION"
    protection_level = var.protection_level
  }
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = local.users

  crypto_key_id = google_kms_crypto_key.this[each.value.key].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${format(local.agents[each.value.agent].email, var.project_number)}"

  depends_on = [
    google_project_service_identity.agent,
    data.google_storage_project_service_account.agent,
    data.google_bigquery_default_service_account.agent,
  ]
}
