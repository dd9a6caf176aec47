import { tickAll } from "./organise/lists.js";

tickAll();
