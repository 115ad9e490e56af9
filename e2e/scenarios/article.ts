import { article } from "./article/index";

article();
