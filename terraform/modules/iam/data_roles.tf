# Who may do what with which data: one line a grant, and no other place grants data to a workload.
locals {
  read   = "roles/storage.objectViewer"
  write  = "roles/storage.objectUser"
  create = "roles/storage.objectCreator"      # and nothing overwritten, nothing deleted
  bucket = "roles/storage.legacyBucketReader" # the bucket's own settings, which Beam and Datastream look at

  # Dagster runs the batch pipeline in its own process while there is little to move, so it has that pipeline's rights.
  bucket_roles = {
    landing = { datastream = [local.read, local.create, local.bucket], landing_to_bronze = [local.read, local.bucket], dagster = [local.read, local.bucket] }
    bronze  = { landing_to_bronze = [local.write, local.bucket], events_to_bronze = [local.write, local.bucket], dagster = [local.write, local.bucket], dbt = [local.read] }
    temp    = { landing_to_bronze = [local.write, local.bucket], events_to_bronze = [local.write, local.bucket], dagster = [local.write, local.bucket] }
    # The pipelines' templates: a plan compares them.
    artefacts = { ci_plan = [local.read] }
  }

  view = "READER" # BigQuery's own word for dataViewer, with which it answers
  edit = "WRITER"
  dataset_roles = {
    bronze = { landing_to_bronze = local.view, events_to_bronze = local.edit, dagster = local.view, dbt = local.view }
    silver = { dagster = local.view, dbt = local.edit }
    gold   = { dagster = local.view, dbt = local.edit }
    ops    = { landing_to_bronze = local.edit, events_to_bronze = local.edit, dagster = local.edit, dbt = local.edit }
  }
}

resource "google_storage_bucket_iam_member" "workload" {
  for_each = merge(flatten([
    for bucket, grants in local.bucket_roles : [
      for workload, roles in grants : { for role in roles : "${bucket} ${workload} ${role}" => { bucket = bucket, workload = workload, role = role } }
    ] if contains(keys(var.buckets), bucket)
  ])...)

  bucket = var.buckets[each.value.bucket]
  role   = each.value.role
  member = "serviceAccount:${local.identities[each.value.workload]}"

  depends_on = [google_project_service_identity.datastream]
}

# As entries of the dataset's access list: an IAM member would write that list anew, without the authorized datasets in it.
resource "google_bigquery_dataset_access" "workload" {
  for_each = merge([
    for dataset, grants in local.dataset_roles : {
      for workload, role in grants : "${dataset} ${workload}" => { dataset = dataset, workload = workload, role = role }
    } if contains(keys(var.datasets), dataset)
  ]...)

  project       = var.project
  dataset_id    = var.datasets[each.value.dataset]
  role          = each.value.role
  user_by_email = local.identities[each.value.workload]
}

# Beam reads a subscription and looks at its settings.
resource "google_pubsub_subscription_iam_member" "events" {
  for_each = merge([
    for event, subscription in var.event_subscriptions : {
      for role in ["roles/pubsub.subscriber", "roles/pubsub.viewer"] : "${event} ${role}" => { subscription = subscription, role = role }
    }
  ]...)

  project      = var.project
  subscription = each.value.subscription
  role         = each.value.role
  member       = "serviceAccount:${local.accounts.events_to_bronze}"
}

# What cannot be used is published, for whoever wants to hear of it at once.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = var.dead_letter_topics

  project = var.project
  topic   = each.value
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${local.accounts.events_to_bronze}"
}

# Dataflow's workers fetch the pipelines' image as the account that they run as.
resource "google_artifact_registry_repository_iam_member" "images" {
  for_each = var.registry == null ? {} : { for workload in ["events_to_bronze", "landing_to_bronze"] : workload => var.registry }

  project    = var.project
  location   = each.value.location
  repository = each.value.repository
  role       = "roles/artifactregistry.reader"
  member     = "serviceAccount:${local.accounts[each.key]}"
}

resource "google_bigtable_instance_iam_member" "live_values" {
  count = var.bigtable_instance == null ? 0 : 1

  project  = var.project
  instance = var.bigtable_instance
  role     = "roles/bigtable.user"
  member   = "serviceAccount:${local.accounts.events_to_bronze}"
}
