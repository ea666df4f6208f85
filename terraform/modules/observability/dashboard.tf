# One chart an alert, with the alert's own figure and threshold: what is watched is what is seen.
locals {
  charts = [
    for name, alert in local.alerts : {
      title = replace(name, "_", " ")
      xyChart = {
        chartOptions = { mode = "COLOR" }
        dataSets = [{
          plotType   = "LINE"
          targetAxis = "Y1"
          timeSeriesQuery = {
            timeSeriesFilter = {
              filter      = alert.filter
              aggregation = { alignmentPeriod = local.aligners[name].period, perSeriesAligner = local.aligners[name].aligner }
            }
          }
        }]
        thresholds = can(alert.above) ? [{ value = alert.above, targetAxis = "Y1" }] : []
        yAxis      = { label = alert.unit, scale = "LINEAR" }
      }
    }
  ]
}

resource "google_monitoring_dashboard" "this" {
  project = var.project

  dashboard_json = jsonencode({
    displayName = "${var.name}: from source to gold"
    mosaicLayout = {
      columns = 12
      tiles = [
        for index, chart in local.charts :
        { xPos = index % 2 * 6, yPos = floor(index / 2) * 4, width = 6, height = 4, widget = chart }
      ]
    }
  })
}
