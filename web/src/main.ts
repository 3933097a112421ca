import "uplot/dist/uPlot.min.css";
import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { t } from "./text";

document.documentElement.lang = t.lang;
const target = document.getElementById("app");
if (target !== null) mount(App, { target });
