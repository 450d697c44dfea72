// A tap or Enter on a point of a trend chart reads that result out below it.
(() => {
  const read = (point) => {
    const chart = point.closest(".chart");
    for (const other of chart.querySelectorAll(".chosen")) other.classList.remove("chosen");
    point.classList.add("chosen");
    chart.querySelector("[data-reading]").textContent = point.getAttribute("aria-label");
  };
  document.addEventListener("click", (event) => {
    const point = event.target.closest("[data-point]");
    if (point) read(point);
  });
  document.addEventListener("keydown", (event) => {
    const point = event.target.closest?.("[data-point]");
    if (!point || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    read(point);
  });
})();
