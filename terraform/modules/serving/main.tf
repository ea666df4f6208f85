# Live values: what an application reads in milliseconds, by key. All of it can be written again from bronze.
locals {
  instances = var.enabled ? { live = var.name } : {}
  tables    = var.enabled ? var.tables : {}
  families = merge([
    for table, settings in local.tables : {
      for family, kept in settings.families : "${table}.${family}" => merge(kept, { table = table, family = family })
    }
  ]...)
}

resource "google_bigtable_instance" "this" {
  for_each = local.instances

  project             = var.project
  name                = each.value
  display_name        = "Live values"
  deletion_protection = var.deletion_protection
  force_destroy       = !var.deletion_protection # backups included

  dynamic "cluster" {
    for_each = var.zones
    content {
      cluster_id   = "${each.value}-cluster-${cluster.key}"
      zone         = cluster.value
      storage_type = "SSD"
      kms_key_name = var.kms_key
      autoscaling_config {
        min_nodes  = var.nodes.minimum
        max_nodes  = var.nodes.maximum
        cpu_target = var.nodes.cpu_target
      }
    }
  }
}

resource "google_bigtable_table" "this" {
  for_each = local.tables

  project             = var.project
  instance_name       = google_bigtable_instance.this["live"].name
  name                = each.key
  deletion_protection = var.deletion_protection ? "PROTECTED" : "UNPROTECTED"

  dynamic "column_family" {
    for_each = keys(each.value.families)
    content {
      family = column_family.value
    }
  }

  dynamic "automated_backup_policy" {
    for_each = var.backup_days == 0 ? [] : [var.backup_days]
    content {
      frequency        = "24h0m0s"
      retention_period = "${automated_backup_policy.value * 24}h0m0s"
    }
  }
}

# A cell goes when it is one version too many, or too old.
resource "google_bigtable_gc_policy" "this" {
  for_each = local.families

  project         = var.project
  instance_name   = google_bigtable_instance.this["live"].name
  table           = google_bigtable_table.this[each.value.table].name
  column_family   = each.value.family
  deletion_policy = "ABANDON" # a policy cannot be taken from a replicated family: it goes with its table
  gc_rules = jsonencode({
    mode  = "union"
    rules = [{ max_version = each.value.versions }, { max_age = "${each.value.days * 24}h" }]
  })
}

# Pipelines write to one cluster and give way; applications read from whichever cluster is nearest.
resource "google_bigtable_app_profile" "pipelines" {
  for_each = local.instances

  project         = var.project
  instance        = google_bigtable_instance.this[each.key].name
  app_profile_id  = "pipelines"
  description     = "Writes of the pipelines, and reads that may wait."
  ignore_warnings = true

  single_cluster_routing {
    cluster_id                 = google_bigtable_instance.this[each.key].cluster[0].cluster_id
    allow_transactional_writes = true
  }
  standard_isolation {
    priority = "PRIORITY_MEDIUM"
  }
}

resource "google_bigtable_app_profile" "applications" {
  for_each = local.instances

  project                       = var.project
  instance                      = google_bigtable_instance.this[each.key].name
  app_profile_id                = "applications"
  description                   = "Reads of applications."
  ignore_warnings               = true
  multi_cluster_routing_use_any = true

  standard_isolation {
    priority = "PRIORITY_HIGH"
  }
}

resource "google_pubsub_topic" "outgoing" {
  for_each = var.outgoing_topics

  project                    = var.project
  name                       = each.value
  kms_key_name               = var.topic_key
  message_retention_duration = "604800s"
}
