// Turns the drawn parcel into a map one can move: OpenLayers, no tiles, nothing from another host.
(function () {
  'use strict';
  var target = document.getElementById('map');
  if (!target || !window.ol) { return; }
  fetch(target.dataset.source, { credentials: 'same-origin' }).then(function (answer) {
    if (!answer.ok) { throw new Error(String(answer.status)); }
    return answer.json();
  }).then(draw).catch(function () { /* the drawing that the page came with stays */ });

  function draw(collection) {
    // CGCS2000 degrees; on a map of this size they differ from WGS 84 by nothing one could see.
    var format = new ol.format.GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857' });
    var features = format.readFeatures(collection);
    var source = new ol.source.Vector({ features: features });
    var text = function (feature) {
      return new ol.style.Text({ text: feature.get('parcel_no').slice(-5), font: '13px sans-serif',
        fill: new ol.style.Fill({ color: '#1d2733' }), stroke: new ol.style.Stroke({ color: '#fff', width: 3 }) });
    };
    var layer = new ol.layer.Vector({ source: source, style: function (feature) {
      var subject = feature.get('subject');
      return new ol.style.Style({ zIndex: subject ? 1 : 0, text: text(feature),
        fill: new ol.style.Fill({ color: subject ? 'rgba(20,69,154,.22)' : '#eef1e6' }),
        stroke: new ol.style.Stroke({ color: subject ? '#14459a' : '#8b9a77', width: subject ? 3 : 1 }) });
    } });
    var name = document.createElement('p');
    name.className = 'map-name';
    name.setAttribute('role', 'status');
    name.textContent = '点击宗地查看代码';
    target.textContent = '';
    target.setAttribute('tabindex', '0');
    target.setAttribute('aria-label', '宗地图，可用方向键移动、加减键缩放');
    var map = new ol.Map({ target: target, layers: [layer],
      controls: [new ol.control.Zoom({ zoomInTipLabel: '放大', zoomOutTipLabel: '缩小' }), new ol.control.ScaleLine()],
      view: new ol.View({ maxZoom: 22 }) });
    var subject = features.filter(function (feature) { return feature.get('subject'); })[0];
    map.getView().fit(subject.getGeometry(), { padding: [90, 90, 90, 90], maxZoom: 20 });
    map.on('singleclick', function (event) {
      map.forEachFeatureAtPixel(event.pixel, function (feature) {
        name.textContent = '宗地 ' + feature.get('parcel_no');
        return true;
      });
    });
    target.appendChild(name);
    target.dataset.ready = '1';
  }
})();
