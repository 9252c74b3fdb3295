// Object.hasOwn is the only thing OpenLayers 10 needs that Chromium 90 lacks (it came with 93).
if (!Object.hasOwn) { Object.hasOwn = function (object, key) { return Object.prototype.hasOwnProperty.call(object, key); }; }
