#include "base.h"
#include "proven.h"
#include "proven_nft.h"

void proven_release(struct proven *proven)
{
	proven_nft_free(proven->nft);
	*proven = (struct proven){ .nft = NULL };
}
