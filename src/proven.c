#include "base.h"
#include "proven.h"
#include "proven_legacy.h"
#include "proven_nft.h"

void proven_release(struct proven *proven)
{
	for (size_t i = 0; i < PROVEN_PARTS; i++) {
		proven_nft_free(proven->nft[i]);
		proven_legacy_free(proven->legacy[i]);
	}
	*proven = (struct proven){ .whole = false };
}

const struct nlmsghdr *proven_rule(const struct proven *proven, const struct rule *rule)
{
	const struct nlmsghdr *message = NULL;

	for (size_t i = 0; i < PROVEN_PARTS && !message; i++)
		if (proven->nft[i])
			message = proven_nft_rule(proven->nft[i], rule);
	return message;
}

const struct nlmsghdr *proven_base(const struct proven *proven, enum family family,
				   enum xtable table, const char *chain, bool sets_policy)
{
	const struct nlmsghdr *message = NULL;

	for (size_t i = 0; i < PROVEN_PARTS && !message; i++)
		if (proven->nft[i])
			message =
				proven_nft_base(proven->nft[i], family, table, chain, sets_policy);
	return message;
}
